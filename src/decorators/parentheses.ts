// Decorators that are not called: `@Transactional` in place of `@Transactional()`.

/**
 * The member on which a decorator stands that was not called: the compiler then hands it the member, and the second argument
 * is the member's context (standard decorators) or its key (legacy ones).
 */
export function memberWithoutParentheses(second: unknown): string | undefined {
  if (typeof second === 'string' || typeof second === 'symbol') return String(second);
  if (typeof second !== 'object' || second === null || !('kind' in second) || !('addInitializer' in second)) return undefined;
  return String((second as unknown as ClassMethodDecoratorContext).name);
}
