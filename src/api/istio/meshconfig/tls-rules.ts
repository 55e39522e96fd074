/** Rules for TLS of the whole mesh: Envoy's names of curves and cipher suites. */
import type { Findings } from '../../findings.ts'
import type { MeshConfig, MeshTls } from './schema.ts'

export const CURVES: ReadonlySet<string> = new Set(['P-256', 'P-384', 'P-521', 'X25519', 'X25519MLKEM768'])

/** @param findings at the mesh configuration */
export function checkMeshTls({ meshMTLS, tlsDefaults }: MeshConfig, findings: Findings): void {
  if (meshMTLS?.cipherSuites?.length)
    findings.at('meshMTLS', 'cipherSuites').error("the mesh's own TLS chooses its cipher suites itself: expected none")
  checkCurves(meshMTLS, findings.at('meshMTLS'))
  checkCurves(tlsDefaults, findings.at('tlsDefaults'))
}

function checkCurves(tls: MeshTls | undefined, findings: Findings): void {
  const seen = new Set<string>()
  for (const [index, curve] of (tls?.ecdhCurves ?? []).entries()) {
    const at = findings.at('ecdhCurves', index)
    if (!CURVES.has(curve))
      at.warning(`"${curve}" is not a known curve, it is ignored: expected one of ${[...CURVES].join(', ')}`)
    else if (seen.has(curve)) at.warning(`"${curve}" is there twice`)
    seen.add(curve)
  }
}
