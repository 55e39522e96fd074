/** Removes every trace that a run with --isolate left in the kernel and under /etc: found by name, so it works after kill -9 too. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { etcOf, NetworkNames } from './names.ts'
import { attempt, command, findTools } from './tools.ts'

/** @param runner process id of the `mizzen up`. Nothing left is no error. */
export async function clearNetwork(runner: number): Promise<void> {
  const tools = findTools()
  const names = new NetworkNames(runner)
  const namespaces = entries('/run/netns').filter(name => names.isNamespace(name))
  // The pods' ends of the cables go with their namespace, and with them the other ends.
  await Promise.all(namespaces.map(name => attempt([tools.ip, 'netns', 'delete', name])))
  await attempt([tools.ip, 'link', 'delete', names.bridge])
  for (const name of entries('/etc/netns').filter(name => names.isNamespace(name)))
    rmSync(etcOf(name), { recursive: true, force: true })
  removeIfEmpty('/etc/netns')
  await removeRules(tools.iptables, names.prefix)
}

/** The run's rules carry its prefix as their comment. */
async function removeRules(iptables: string, comment: string): Promise<void> {
  for (const table of ['nat', 'filter']) {
    const rules = await command([iptables, '-w', '-t', table, '-S']).catch(() => '')
    for (const rule of rules.split('\n')) {
      if (!new RegExp(`--comment "?${comment}"?( |$)`).test(rule)) continue
      const words = rule
        .replace(/^-A /, '-D ')
        .split(' ')
        .map(word => word.replaceAll('"', ''))
      await attempt([iptables, '-w', '-t', table, ...words])
    }
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Others have something in it, or it is not there.
  }
}
