/** Providers of access logs that a Telemetry names and that write nothing: they do not exist, or are of a kind that has no effect. */

import { FILE_PROVIDER } from '../../model/log-target.ts'
import type { Mesh } from '../../model/mesh.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'

export function checkLogging({ Telemetry }: Objects, { settings }: Mesh): Diagnostic[] {
  return Telemetry.flatMap(object =>
    (object.spec.accessLogging ?? []).flatMap(({ providers = [] }, i) =>
      providers.flatMap(({ name }, j) => {
        const kind = settings.extensionProviders.get(name)?.kind ?? (name === FILE_PROVIDER ? 'file-log' : undefined)
        if (kind === 'file-log') return []
        const remote = kind !== undefined && kind.endsWith('-log')
        const message = remote
          ? `provider "${name}" has no effect in this version of mizzen`
          : `provider "${name}" ${kind === undefined ? 'does not exist' : 'is none for access logs'}: expected one of extensionProviders with envoyFileAccessLog`
        return [
          diagnostic(object, ['spec', 'accessLogging', i, 'providers', j, 'name'], {
            code: remote ? 'not-yet' : 'unknown-provider',
            level: 'warning',
            message,
            effect: 'nothing is logged there',
          }),
        ]
      }),
    ),
  )
}
