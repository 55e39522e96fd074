/** A file being edited: what is wrong with it and what it would change, asked while one types; saving it. */
import { useCallback, useEffect, useState } from 'react'
import type { EditCheck } from '../../../src/run/dashboard/api.ts'
import type { ConfigFile } from '../../../src/run/dashboard/config-files.ts'
import type { Diagnostic } from '../../../src/source/diagnostic.ts'
import { ApiError, get, post } from '../api/client.ts'

export interface OpenFile extends ConfigFile {
  readonly diagnostics: readonly Diagnostic[]
}

export interface Edit {
  readonly opened: OpenFile | undefined
  readonly text: string
  readonly setText: (text: string) => void
  readonly changed: boolean
  /** Of the text as it stands; undefined: being asked. */
  readonly check: EditCheck | undefined
  readonly state: 'idle' | 'saving' | 'saved'
  readonly error: string | undefined
  readonly save: () => void
  /** Forgets the edit, and reads the file again. */
  readonly reload: () => void
}

/** Nobody types that fast. */
const PAUSE_MS = 250

export function useEdit(file: string, onSaved: () => void): Edit {
  const [opened, setOpened] = useState<OpenFile | undefined>()
  const [text, setText] = useState('')
  const [checked, setChecked] = useState<{ text: string; check: EditCheck } | undefined>()
  const [state, setState] = useState<Edit['state']>('idle')
  const [error, setError] = useState<string | undefined>()
  const open = useCallback(async () => {
    try {
      const found = await get<OpenFile>(`/api/config/file?file=${encodeURIComponent(file)}`)
      setOpened(found)
      setText(found.text)
      setError(undefined)
    } catch (error) {
      setError(error instanceof Error ? error.message : String(error))
    }
  }, [file])
  useEffect(() => void open(), [open])
  const changed = opened !== undefined && text !== opened.text
  useEffect(() => {
    if (!changed) return
    const ending = new AbortController()
    const timer = window.setTimeout(async () => {
      try {
        const check = await post<EditCheck>('/api/config/check', { file, text }, ending.signal)
        setChecked({ text, check })
        setError(undefined)
      } catch (error) {
        if (!ending.signal.aborted) setError(error instanceof Error ? error.message : String(error))
      }
    }, PAUSE_MS)
    return () => {
      window.clearTimeout(timer)
      ending.abort()
    }
  }, [changed, file, text])
  const save = useCallback(async () => {
    if (!opened) return
    setState('saving')
    try {
      const saved = await post<ConfigFile>('/api/config/apply', { file, text, digest: opened.digest })
      setOpened({ ...saved, diagnostics: opened.diagnostics })
      setText(saved.text)
      setState('saved')
      setError(undefined)
      onSaved()
    } catch (error) {
      setState('idle')
      setError(error instanceof ApiError ? error.message : String(error))
    }
  }, [file, onSaved, opened, text])
  return {
    opened,
    text,
    setText: next => {
      setText(next)
      setState('idle')
    },
    changed,
    check: checked?.text === text ? checked.check : undefined,
    state,
    error,
    save: () => void save(),
    reload: () => void open(),
  }
}
