/** Why a workload cannot run on this machine, in words that say what to write and where. */
import type { Container } from '../../../api/kubernetes/pod/schema.ts'
import { type Path, resourceName } from '../../../api/object.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'
import { COMMAND_ANNOTATION } from './command.ts'
import { ENGINES } from './pod-plan.ts'
import { ENGINE_ANNOTATION } from './sidecar-wanted.ts'
import type { Template } from './template.ts'

export function noCommand(template: Template, at: Path, container: Container, isFirst: boolean): Diagnostic {
  const { object } = template
  const annotation = isFirst ? COMMAND_ANNOTATION : `${COMMAND_ANNOTATION}.${container.name}`
  const metadata = [...template.at, 'metadata']
  const { line } = object.origin.lineAt([...metadata, 'annotations'])
  const only = container.args?.length ? 'args for its image' : container.image ? `an image ("${container.image}")` : 'no image'
  return {
    ...placed(template, at),
    code: 'no-command',
    message: `Cannot run container "${container.name}" on this machine: it has ${only} and no command`,
    fix: `add to ${[...metadata, 'annotations'].join('.')} (${object.origin.file}:${line}) the line  ${annotation}: node server.js  with the command that runs it here`,
  }
}

export function invalidCommand(template: Template, annotation: string, reason: string): Diagnostic {
  return {
    ...placed(template, [...template.at, 'metadata', 'annotations', annotation]),
    code: 'invalid-command',
    message: `Cannot read the annotation "${annotation}": ${reason}`,
    fix: undefined,
  }
}

export function unknownEngine(template: Template): Diagnostic {
  const expected = ENGINES.map(engine => `"${engine}"`).join(' or ')
  return {
    ...placed(template, [...template.at, 'metadata', 'annotations', ENGINE_ANNOTATION]),
    code: 'unknown-engine',
    message: `Cannot choose the data plane "${template.annotations[ENGINE_ANNOTATION]}": expected ${expected}`,
    fix: undefined,
  }
}

function placed({ object }: Template, at: Path) {
  const { line, column } = object.origin.lineAt(at)
  return {
    level: 'error',
    resource: resourceName(object),
    file: object.origin.file,
    line,
    column,
    effect: undefined,
    excerpt: undefined,
  } as const
}
