/**
 * Kubernetes' `$(NAME)` in env values, command and args: a known variable is replaced, `$$` is a dollar, everything else stays as it
 * stands (Kubernetes API reference, EnvVar.value).
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  )
}
