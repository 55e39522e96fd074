/** Where certificates and keys stand: in the message, in a file, in the environment. */
import { readFileSync } from 'node:fs'
import type { DataSource } from '../../xds/gen/envoy/config/core/v3/base.ts'

/** @param field for messages @throws when a file or variable is not there */
export function readDataSource(field: string, source: DataSource | undefined): Buffer | undefined {
  const specifier = source?.specifier
  switch (specifier?.$case) {
    case undefined:
      return undefined
    case 'inlineBytes':
      return Buffer.from(specifier.value)
    case 'inlineString':
      return Buffer.from(specifier.value)
    case 'environmentVariable': {
      const value = process.env[specifier.value]
      if (value === undefined)
        throw new Error(`${field} is to come from the environment variable "${specifier.value}", which is not set`)
      return Buffer.from(value)
    }
    case 'filename':
      try {
        return readFileSync(specifier.value)
      } catch (error) {
        throw new Error(`${field} "${specifier.value}" cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      }
  }
}
