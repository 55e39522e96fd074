/** Cases that say how an existing mesh (Istio) behaves, read from $MIZZEN_ORACLE or ../shared/oracle beside the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

export const oracleFolder = process.env['MIZZEN_ORACLE'] ?? path.resolve(import.meta.dirname, '../../../shared/oracle')

/** Why comparisons are skipped; false: they run. */
export const withoutOracle: string | false = existsSync(oracleFolder) ? false : `no oracle in ${oracleFolder} (set MIZZEN_ORACLE)`

/** The content of a file, such as "semantics/host-matches.yaml"; undefined without an oracle. */
export function oracleFile(name: string): unknown {
  const file = path.join(oracleFolder, name)
  return withoutOracle === false && existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined
}

/** The text of a file; "" without an oracle. */
export function oracleText(name: string): string {
  const file = path.join(oracleFolder, name)
  return withoutOracle === false && existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** What is in a folder of it, by name. */
export function oracleFiles(name: string): string[] {
  return withoutOracle === false ? readdirSync(path.join(oracleFolder, name)).sort() : []
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field that is a list; empty when absent. */
export function list(value: unknown, field?: string): readonly unknown[] {
  const found = field === undefined ? value : isFields(value) ? value[field] : undefined
  return Array.isArray(found) ? found : []
}

export function fields(value: unknown, field?: string): Fields {
  const found = field === undefined ? value : isFields(value) ? value[field] : undefined
  return isFields(found) ? found : {}
}

export function text(value: unknown, field: string): string {
  const found = isFields(value) ? value[field] : undefined
  return typeof found === 'string' ? found : found === undefined || found === null ? '' : String(found)
}

export function texts(value: unknown, field?: string): string[] {
  return list(value, field).map(String)
}

export function number(value: unknown, field: string): number {
  return Number(fields(value)[field] ?? 0)
}

export function flag(value: unknown, field: string): boolean {
  return fields(value)[field] === true
}

/** String to string, as labels are. */
export function labels(value: unknown, field: string): Record<string, string> {
  return Object.fromEntries(Object.entries(fields(value, field)).map(([key, entry]) => [key, String(entry)]))
}
