#!/usr/bin/env node
// The command `signalbox`: runs the line, reports errors, and ends the process with an exit code: 0 done, 1 could not or
// found something broken, 2 the line is invalid.
import { flushOutput, guardOutput } from './output.ts';
import { reportError } from './print-error.ts';
import { run } from './program.ts';

/** Read before the line is parsed, so that the complaint about an invalid line is a document, too. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).includes('--json');
}

async function main(words: readonly string[]): Promise<void> {
  guardOutput();
  try {
    await run(words);
    await flushOutput();
  } catch (error) {
    process.exitCode = reportError(error, wantsJson(words));
    await flushOutput().catch(() => {});
  }
  // Ends explicitly: the user's connection pool may keep the process alive.
  process.exit();
}

void main(process.argv.slice(2));
