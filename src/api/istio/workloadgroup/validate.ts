/** Rules for WorkloadGroup: as strict as Istio's admission and schema. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort } from '../../values/address.ts'
import { checkLabels } from '../../values/labels.ts'
import { checkWorkloadPorts } from '../workloadentry/validate.ts'
import type { ReadinessProbe, WorkloadGroupSpec } from './schema.ts'

export function validateWorkloadGroup(
  object: ConfigObject<'WorkloadGroup', string, WorkloadGroupSpec>,
  findings: Findings,
): void {
  const { metadata, template, probe } = object.spec
  const at = findings.at('spec')
  checkLabels(metadata?.labels, at.at('metadata', 'labels'))
  checkWorkloadPorts(template, at.at('template')) // an address is not needed: each machine brings its own
  if (probe) checkProbe(probe, at.at('probe'))
}

/** @param findings at the probe */
export function checkProbe({ httpGet, tcpSocket, exec, grpc }: ReadinessProbe, findings: Findings): void {
  if (httpGet) {
    findings.at('httpGet', 'port').check(checkPort(httpGet.port))
    const { scheme } = httpGet
    if (scheme && scheme !== 'HTTP' && scheme !== 'HTTPS')
      findings.at('httpGet', 'scheme').error(`"${scheme}" is not a scheme: expected HTTP or HTTPS`)
    for (const [index, { name }] of (httpGet.httpHeaders ?? []).entries()) {
      if (!name) findings.at('httpGet', 'httpHeaders', index).error('"name" is missing: expected the name of a header')
    }
  } else if (tcpSocket) findings.at('tcpSocket', 'port').check(checkPort(tcpSocket.port))
  else if (exec) {
    if (exec.command.length === 0) findings.at('exec', 'command').error('it is empty: expected a program and its arguments')
  } else if (grpc) findings.at('grpc', 'port').check(checkPort(grpc.port ?? 0))
  else findings.error('it probes nothing: expected httpGet, tcpSocket, exec or grpc')
}
