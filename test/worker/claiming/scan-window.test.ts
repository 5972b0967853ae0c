// The start of the scan of a worker's claims: the beginning while that is cheap, else the end of the last scan.
import { expect, test } from 'vitest';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import { ScanWindow } from '../../../src/worker/claiming/scan-window.ts';

const of = (receiverId: number, runAt: number): ClaimedDelivery => ({ receiverId, runAt }) as ClaimedDelivery;

test('a cheap full scan is followed by another', () => {
  const scanWindow = new ScanWindow();
  expect(scanWindow.isFullScanDue(0)).toBe(true);
  scanWindow.scanned([of(1, 100)], { all: true, tookMs: 9, now: 9 });
  expect([scanWindow.isFullScanDue(9), scanWindow.untilFullScanMs(9)]).toEqual([true, 0]);
});

test('after a slow full scan, ten times its duration passes until the next, and claims between them start where it ended', () => {
  const scanWindow = new ScanWindow();
  scanWindow.scanned([of(1, 100), of(1, 102), of(1, 101), of(2, 50)], { all: true, tookMs: 80, now: 80 });
  expect([scanWindow.isFullScanDue(879), scanWindow.untilFullScanMs(479), scanWindow.isFullScanDue(880)]).toEqual([false, 401, true]);
  expect(scanWindow.startOf(1)).toBeCloseTo(102, 4);
  expect(scanWindow.startOf(1)).toBeLessThan(102);
  expect(scanWindow.startOf(2)).toBeCloseTo(50, 4);
  expect(scanWindow.startOf(3)).toBe(-Infinity);
});

test('a claim between full scans moves the start forward, never back, and does not change the time of the next full scan', () => {
  const scanWindow = new ScanWindow();
  scanWindow.scanned([of(1, 100)], { all: true, tookMs: 80, now: 80 });
  scanWindow.scanned([of(1, 110)], { all: false, tookMs: 300, now: 400 });
  scanWindow.scanned([of(1, 90)], { all: false, tookMs: 1, now: 500 });
  expect(scanWindow.startOf(1)).toBeCloseTo(110, 4);
  expect([scanWindow.isFullScanDue(879), scanWindow.isFullScanDue(880)]).toEqual([false, true]);
});
