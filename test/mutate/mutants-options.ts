// Guards of the options: values that are refused before they are mistaken for something else.
import { mutantsOf, type Mutant } from './mutant.ts';

const bags = mutantsOf({ file: 'src/core/options.ts', tests: ['test/contract/options.test.ts'] }, [
  {
    name: 'options: unknown ones are refused',
    find: 'if (!Object.hasOwn(table, option)) return unknownOption(given, table, path);',
    replace: 'if (!Object.hasOwn(table, option)) continue;',
  },
  {
    name: 'options: values are held to their rules',
    find: 'if (!rule.accepts(value)) return refusalOf(value, rule, path + option);',
    replace: '',
  },
  { name: 'options: a bag is an object', find: 'if (!isBag(given)) return', replace: 'if (given === 0) return' },
  { name: 'options: bags inside of bags', find: 'if (inner) return inner;', replace: '' },
  { name: 'options: required options', find: ' ?? missing(given, table, required)', replace: '' },
  { name: 'options: one value', find: 'if (!rule.accepts(value)) throw', replace: 'if (value === 0) throw' },
]);

const rules = mutantsOf({ file: 'src/core/rules.ts', tests: ['test/core/rules.test.ts'] }, [
  {
    name: 'options: the longest wait of a timer',
    find: 'durationWithin(least, LONGEST_TIMER_MS',
    replace: 'durationWithin(least, 2 * LONGEST_TIMER_MS',
  },
  { name: 'options: the first year of a date', find: 'ms >= 0 && ', replace: '' },
  { name: 'options: the last year of a date', find: ' && ms < YEAR_10000_MS', replace: '' },
]);

const addresses = mutantsOf({ file: 'src/operate/deliveries.ts', tests: ['test/contract/options.test.ts'] }, [
  {
    name: 'options: an undefined receiver is not all of them',
    find: "if ('receiver' in address && address.receiver === undefined)",
    replace: 'if (false)',
  },
]);

export const optionMutants: readonly Mutant[] = [...bags, ...rules, ...addresses];
