/** One of a few. */
interface Props {
  readonly label: string
  readonly options: readonly { readonly value: string; readonly title: string }[]
  readonly value: string
  readonly onChange: (value: string) => void
}

export function Segments({ label, options, value, onChange }: Props) {
  return (
    <fieldset className="segments" aria-label={label}>
      {options.map(option => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.title}
        </button>
      ))}
    </fieldset>
  )
}
