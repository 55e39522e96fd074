/**
 * Texts that are no YAML for a reason that can be put right without understanding the rest. Each rule gives a text in which its mistake is
 * gone, or the same text.
 */
type Rule = (text: string) => string

const RULES: readonly Rule[] = [spacesForTabs, quoteWildcards, spaceAfterColon, singleQuotePaths, plainJson]

/** The text after one rule, and after all of them: what one leaves wrong another may put right. */
export function repairedTexts(text: string): string[] {
  const all = RULES.reduce((changed, rule) => rule(changed), text)
  return [...new Set([...RULES.map(rule => rule(text)), all])].filter(changed => changed !== text)
}

function spacesForTabs(text: string): string {
  return text.replace(/^[ \t]*\t[ \t]*/gm, indent => indent.replaceAll('\t', '  '))
}

/** "*.example.com" is an alias to YAML, and "@request.auth.claims" begins with a character that it keeps for itself. */
function quoteWildcards(text: string): string {
  return text
    .replace(/^(\s*(?:- |[\w.-]+: |- [\w.-]+: ))((?:\*|@|%|`)[^\s'"#]*)[ \t]*(?=\r?$|#)/gm, '$1"$2"')
    .replace(/^(\s*(?:- )?)(@[^\s'":#]+):/gm, '$1"$2":')
}

function spaceAfterColon(text: string): string {
  return text.replace(/^(\s*(?:- )?[A-Za-z]\w*):(?=[^\s/:])/gm, '$1: ')
}

/** In double quotes a backslash means something; "C:\certs" wants single ones. */
function singleQuotePaths(text: string): string {
  return text.replace(
    /"([A-Za-z]:\\[^"\n]*|\\\\[^"\n]*|[^"\n]*\\[^"\n\\/bfnrtuUxN0aev_LP ][^"\n]*)"/g,
    (whole, inside: string) => (inside.includes("'") ? whole : `'${inside}'`),
  )
}

/** JSON with comments and with commas after the last item. */
function plainJson(text: string): string {
  if (!/^\s*[{[]/.test(text)) return text
  return text.replace(/^\s*\/\/.*$/gm, '').replace(/,(\s*[}\]])/g, '$1')
}
