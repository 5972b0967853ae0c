// Recognises decorators that are not called: `@Transactional` in place of `@Transactional()`.

/**
 * The member under a decorator that was not called: the compiler then passes it the member, and as the second argument
 * the member's context (standard decorators) or its key (legacy ones).
 */
export function memberWithoutParentheses(second: unknown): string | undefined {
  if (typeof second === 'string' || typeof second === 'symbol') return String(second);
  if (typeof second !== 'object' || second === null || !('kind' in second) || !('addInitializer' in second)) return undefined;
  return String((second as unknown as ClassMethodDecoratorContext).name);
}
