/** Where the page is read-only for want of a token: says so, and takes the token. */
import { type FormEvent, useId, useRef, useState } from 'react'
import { get, keepToken } from '../api/client.ts'
import type { About } from './about.ts'

export function LogIn({ onDone }: { readonly onDone: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState('')
  const label = useId()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    keepToken(token.trim())
    const about = await get<About>('/api/about').catch(() => undefined)
    if (about?.mayChange) {
      dialog.current?.close()
      onDone()
      return
    }
    keepToken('')
    setProblem(about ? 'This is not the token.' : 'The control plane does not answer.')
  }
  return (
    <>
      <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
        Log in
      </button>
      <dialog ref={dialog} className="dialog" aria-labelledby={label}>
        <form onSubmit={event => void submit(event)}>
          <h2 id={label}>Log in to edit</h2>
          <p className="quiet">
            This page is read-only from here. “mizzen up” printed a link with the token where it was started.
          </p>
          <label>
            <span>Token</span>
            <input
              className="input mono"
              type="password"
              autoComplete="current-password"
              value={token}
              onChange={event => setToken(event.target.value)}
            />
          </label>
          <p className="bad" role="alert">
            {problem}
          </p>
          <div className="dialog-foot">
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" className="button primary" disabled={token.trim() === ''}>
              Log in
            </button>
          </div>
        </form>
      </dialog>
    </>
  )
}
