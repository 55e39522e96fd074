/** All pages of docs/reference, by path below it. */
import { definedKinds } from '../../src/api/crd/definition.ts'
import { definedGroups } from '../../src/api/crd/find.ts'
import { kinds } from '../../src/api/registry.ts'
import { page } from './page.ts'

export function pages(): Map<string, string> {
  const files = definedKinds.map(id => [`${kinds[id].group}/${kinds[id].kind.toLowerCase()}.md`, page(id)] as const)
  return new Map([...files, ['README.md', index()]])
}

function index(): string {
  const groups = definedGroups.map(group => {
    const links = definedKinds
      .filter(id => kinds[id].group === group)
      .map(id => `- [${kinds[id].kind}](${group}/${kinds[id].kind.toLowerCase()}.md)`)
    return `## ${group}\n\n${links.join('\n')}\n`
  })
  return `# Reference of the kinds

Made from the schemas by \`node scripts/reference.ts\`: every field, its type, default and bounds, and what it means. The same schemas give
completion in editors and the definitions for Kubernetes: see [editors](../editors.md).

${groups.join('\n')}`
}
