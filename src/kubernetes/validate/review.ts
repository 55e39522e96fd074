/**
 * The validating webhook as a pure function: an AdmissionReview in, the same with a verdict out. It says what `mizzen validate` says of the object, so
 * that kubectl refuses what the mesh could not use, and shows the warnings.
 */
import type { Finding } from '../../api/findings.ts'
import { originWithoutFile, pathText } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import { at, isRecord, textAt } from '../client/raw-object.ts'

/** The API server cuts longer ones, and all together at 4096 characters. */
const LONGEST_WARNING = 256
const MOST_WARNINGS = 16

/** @param review admission.k8s.io/v1 AdmissionReview @throws when it is none */
export function validateReview(review: unknown): object {
  const uid = textAt(review, 'request', 'uid')
  if (uid === '') throw new Error('Cannot judge the request: expected an AdmissionReview with request.uid')
  const object = at(review, 'request', 'object')
  // What is deleted has none.
  const findings = isRecord(object) && !isBeingDeleted(object) ? findingsOf(object) : []
  const errors = findings.filter(({ level }) => level === 'error')
  const warnings = findings.filter(({ level }) => level === 'warning').map(finding => cut(sentence(finding)))
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: errors.length === 0,
      ...(errors.length > 0 && {
        status: { code: 422, reason: 'Invalid', message: errors.map(sentence).join('; ') },
      }),
      ...(warnings.length > 0 && { warnings: warnings.slice(0, MOST_WARNINGS) }),
    },
  }
}

/** Finalizers are taken off whatever the object says: what cannot be deleted stays for ever. */
function isBeingDeleted(object: Record<string, unknown>): boolean {
  return textAt(object, 'metadata', 'deletionTimestamp') !== ''
}

function findingsOf(object: Record<string, unknown>): readonly Finding[] {
  const { findings, unused, object: sound } = readObject(object, originWithoutFile('admission'))
  if (unused === undefined || sound === undefined) return findings
  return [...findings, { level: 'warning', code: 'kind-not-used', path: [], message: unused, fix: undefined }]
}

function sentence({ path, message, fix }: Finding): string {
  const where = pathText(path)
  return `${where === '' ? '' : `${where}: `}${message}${fix === undefined ? '' : ` (${fix})`}`
}

function cut(text: string): string {
  return text.length <= LONGEST_WARNING ? text : `${text.slice(0, LONGEST_WARNING - 1)}…`
}
