/** Checks of expressions in CEL, the Common Expression Language, in which filters and tags of telemetry are written. */
import { parse } from '@bufbuild/cel'

/** Only the grammar is checked: which attributes there are is the data plane's matter. @returns what is wrong, or undefined */
export function checkCel(expression: string): string | undefined {
  try {
    parse(expression)
    return undefined
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^syntax error: <input>:\d+:/, 'at ').split(' but expecting')[0] : error
    return `${JSON.stringify(expression)} is not an expression in CEL (${reason}): expected one such as "response.code >= 400"`
  }
}
