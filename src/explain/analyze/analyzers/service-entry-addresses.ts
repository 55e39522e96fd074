/** IST0134: without an address of its own, a TCP host outside of the mesh shares its port with all others. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { World } from '../world.ts'

export const serviceEntryAddresses: Analyzer = {
  name: 'serviceentry.ProtocolAddressesAnalyzer',
  description: 'ServiceEntries with TCP ports have addresses',
  codes: ['IST0134'],
  inputs: ['ServiceEntry'],
  *analyze(world) {
    if (allocatesAddresses(world)) return
    for (const { spec, root } of world.resources.of('ServiceEntry')) {
      if (spec.at('addresses').items().length > 0 || root.at('status', 'addresses').items().length > 0) continue
      const open = spec
        .at('ports')
        .items()
        .map(port => port.at('protocol'))
        .find(protocol => ['', 'TCP'].includes(protocol.text().toUpperCase()))
      if (!open) continue
      const message = 'ServiceEntry addresses are required for this protocol.'
      yield finding(
        'IST0134',
        open,
        message,
        'set addresses, or a protocol that names the host (HTTP, HTTPS, TLS), or let the mesh allocate addresses',
      )
    }
  },
}

function allocatesAddresses({ meshConfig }: World): boolean {
  const metadata = meshConfig.at('defaultConfig', 'proxyMetadata').labels()
  const isOn = (name: string) => metadata[name] === 'true'
  return isOn('PILOT_ENABLE_IP_AUTOALLOCATE') || (isOn('ISTIO_META_DNS_CAPTURE') && isOn('ISTIO_META_DNS_AUTO_ALLOCATE'))
}
