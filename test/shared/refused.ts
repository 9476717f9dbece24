/** Asserts that something is refused with one of our errors, and returns that error. */
import * as assert from 'uvu/assert';
import { DsError, type ErrorCode } from '../../shared/errors.ts';

export function refused(act: () => unknown, code: ErrorCode, message = /(?:)/): DsError {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    return checked(error, code, message);
  }
  throw new Error(`was not refused, but gave ${JSON.stringify(result)}`);
}

export async function refusedLater(
  promise: Promise<unknown>,
  code: ErrorCode,
  message = /(?:)/,
): Promise<DsError> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome?.status === 'rejected') return checked(outcome.reason, code, message);
  throw new Error(`was not refused, but gave ${JSON.stringify(outcome?.value)}`);
}

function checked(error: unknown, code: ErrorCode, message: RegExp): DsError {
  // uvu takes a thrown undefined for a success.
  if (!(error instanceof Error)) throw new Error(`${String(error)} was thrown`);
  if (!(error instanceof DsError)) throw error;
  assert.is(error.code, code, error.message);
  assert.match(error.message, message);
  return error;
}
