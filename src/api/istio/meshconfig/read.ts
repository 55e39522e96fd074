/** The mesh configuration from text: YAML to a checked MeshConfig or MeshNetworks, or findings that say why not. */
import type { Static, TSchema } from 'typebox'
import { parse } from 'yaml'
import type { Findings } from '../../findings.ts'
import { fits } from '../../schema/check.ts'
import { fromProtoJson } from '../../schema/proto-json.ts'
import { isRecord, prune } from '../../schema/prune.ts'
import { MeshNetworks } from '../meshnetworks/schema.ts'
import { validateMeshNetworks } from '../meshnetworks/validate.ts'
import { ProxyConfig } from './proxy-config.ts'
import { validateProxyDefaults } from './proxy-config-rules.ts'
import { MeshConfig } from './schema.ts'
import { validateMeshConfig } from './validate.ts'

/** @param text YAML; "" says nothing @returns undefined when `findings` got an error */
export function readMeshConfig(text: string, findings: Findings): MeshConfig | undefined {
  return read(text, MeshConfig, validateMeshConfig, findings)
}

/** @returns undefined when `findings` got an error */
export function readMeshNetworks(text: string, findings: Findings): MeshNetworks | undefined {
  return read(text, MeshNetworks, validateMeshNetworks, findings)
}

/** The annotation proxy.istio.io/config of a pod. @returns undefined when `findings` got an error */
export function readProxyConfig(text: string, findings: Findings): ProxyConfig | undefined {
  return read(text, ProxyConfig, validateProxyDefaults, findings)
}

function read<Schema extends TSchema>(
  text: string,
  schema: Schema,
  validate: (value: Static<Schema>, findings: Findings) => void,
  findings: Findings,
): Static<Schema> | undefined {
  let document: unknown
  try {
    document = parse(text) ?? {}
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    findings.error(`this is not YAML: ${reason}`)
    return undefined
  }
  return check(document, schema, validate, findings)
}

/** The same of a document that is parsed already. */
export function checkMeshConfig(document: unknown, findings: Findings): MeshConfig | undefined {
  return check(document, MeshConfig, validateMeshConfig, findings)
}

function check<Schema extends TSchema>(
  document: unknown,
  schema: Schema,
  validate: (value: Static<Schema>, findings: Findings) => void,
  findings: Findings,
): Static<Schema> | undefined {
  if (!isRecord(document)) {
    findings.error('expected a map of settings')
    return undefined
  }
  const value = prune(schema, fromProtoJson(schema, document, findings))
  if (!fits(schema, value, findings)) return undefined
  const before = findings.all.length
  validate(value, findings)
  return findings.all.slice(before).some(finding => finding.level === 'error') ? undefined : value
}
