// Mutants of reports: of errors, in records and logs; and of the rule that reports decide nothing.
import { type Mutant, mutantsOf } from './mutant.ts';

const told = mutantsOf({ file: 'src/core/error-report.ts', tests: ['test/core/error-report.test.ts'] }, [
  { name: 'telling: the parameters of a query are cut', find: 'end < 0 ? message : message.slice(0, end)', replace: 'message' },
  { name: 'telling: values that the database quotes are cut', find: 'return isOfData ? ', replace: "return text === 'x' ? " },
  {
    name: 'telling: the quoted text of a cause is reported as that',
    find: '(link.reason === link.raw ? text : text.replaceAll(link.raw, link.reason))',
    replace: 'text',
  },
  { name: 'telling: the stack has the reported message', find: 'return [`${head}: ${told}`', replace: 'return [`${head}: ${raw}`' },
  { name: 'telling: of the stack only places in the code', find: '.filter((line) => /^\\s+at \\S/.test(line))', replace: '' },
  { name: 'telling: names of the database only', find: "typeof read(error, 'severity') === 'string');", replace: 'true);' },
  { name: 'telling: the chain of causes is bounded', find: 'errors.length < MAX_CHAIN && ', replace: '' },
]);

const reading = mutantsOf({ file: 'src/core/thrown.ts', tests: ['test/core/error-report.test.ts'] }, [
  { name: 'telling: only properties of an object with the reason', find: 'REASONS.has(key) ? simplified', replace: 'key ? simplified' },
  {
    name: 'telling: a property that throws is skipped',
    find: '  } catch {\n    return undefined;\n  }',
    replace: '  } finally {\n    void 0;\n  }',
  },
  { name: 'telling: an error of another realm is one', find: "typeof read(value, 'message') === 'string' || ", replace: '' },
]);

const logging = mutantsOf({ file: 'src/observe/safe-log.ts', tests: ['test/observe'] }, [
  {
    name: 'telling, log: an error of a logger is caught',
    find: '    } catch (error) {\n      lost(error);\n    }',
    replace: '    } finally {\n      void lost;\n    }',
  },
  {
    name: 'telling, log: a rejection of a logger is caught',
    find: "if (typeof written?.then === 'function')",
    replace: "if (typeof written?.then === 'string')",
  },
  { name: 'telling, log: the loss is reported once', find: 'if (isTold) return;', replace: '' },
  {
    name: "telling, log: a user's logger gets the report",
    find: 'methodOf(given, level)?.(told(fields), message)',
    replace: 'methodOf(given, level)?.(fields, message)',
  },
  {
    name: 'telling, log: a receiver writes safely',
    find: 'child: (fields) => guarded(childOf(given, fields, guard), guard)',
    replace: 'child: (fields) => childOf(given, fields, guard)',
  },
  {
    name: 'telling, log: a logger without child is given one',
    find: "typeof child === 'object' && child !== null ? (child as Logger) : bound(parent, fields)",
    replace: 'child as Logger',
  },
]);

const listeners = mutantsOf({ file: 'src/observe/events.ts', tests: ['test/observe'] }, [
  {
    name: 'telling, events: an error of a listener is caught',
    find: '      } catch (error) {\n        failed(error);\n      }',
    replace: '      } finally {\n        void failed;\n      }',
  },
  {
    name: 'telling, events: a rejection of a listener is caught',
    find: "if (typeof heard?.then === 'function')",
    replace: "if (typeof heard?.then === 'string')",
  },
  { name: "telling, events: a listener of '*' counts", find: " || this.#listeners.has('*')", replace: '' },
  {
    name: 'telling, events: an event without a listener any more has none',
    find: ' && this.#listeners.get(event) === listeners) this.#listeners.delete(event);',
    replace: ') void 0;',
  },
  {
    name: 'telling, events: a listener sees nothing of the sender',
    find: 'neutrally(() => this.raise(event, fields))',
    replace: 'this.raise(event, fields)',
  },
]);

const runs = mutantsOf({ file: 'src/worker/running/outcome-events.ts', tests: ['test/observe/told-events.test.ts'] }, [
  {
    name: 'telling, events: nothing is late before it is emitted',
    find: 'Math.max(runAt * 1_000, emittedAt.getTime())',
    replace: 'runAt * 1_000',
  },
  {
    name: 'telling, events: nothing is late before it is due',
    find: 'Math.max(runAt * 1_000, emittedAt.getTime())',
    replace: 'emittedAt.getTime()',
  },
]);

const stored = mutantsOf({ file: 'src/dispatch/reliable.ts', tests: ['test/observe/told-events.test.ts'] }, [
  {
    name: 'telling, events: an emission is reported after the commit',
    find: 'place.scope.afterCommit.push(() => this.#tellStored(signal.name, stored.receipts))',
    replace: 'this.#tellStored(signal.name, stored.receipts)',
  },
]);

export const tellingMutants: readonly Mutant[] = [...told, ...reading, ...logging, ...listeners, ...runs, ...stored];
