// The reporter of all test runs: Vitest's own, which also shows the progress if the output is no terminal, such as a
// log of CI. A terminal shows the same in its last lines.
import { DefaultReporter, type TestModule, type TestSpecification } from 'vitest/node';

const EVERY_MS = 10_000;

export class ProgressReporter extends DefaultReporter {
  #files = 0;
  #done = 0;
  #failed = 0;
  #startedAt = 0;
  #lastAt = 0;

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications);
    this.#files = specifications.length;
    this.#done = this.#failed = 0;
    this.#startedAt = this.#lastAt = performance.now();
  }

  override onTestModuleEnd(module: TestModule): void {
    super.onTestModuleEnd(module);
    this.#done++;
    if (module.state() === 'failed') this.#failed++;
    const now = performance.now();
    if (this.isTTY || (now - this.#lastAt < EVERY_MS && this.#done < this.#files)) return;
    this.#lastAt = now;
    const seconds = Math.round((now - this.#startedAt) / 1_000);
    const failed = this.#failed > 0 ? `, ${this.#failed} of them failed` : '';
    this.log(` … ${this.#done} of ${this.#files} files done after ${seconds} s${failed}`);
  }
}
