/** Nothing yet, nothing at all, and something went wrong: the three states a view has beside its content. */
import type { ReactNode } from 'react'
import { Icon } from './icons.tsx'

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <b>{title}</b>
      {children && <p>{children}</p>}
    </div>
  )
}

export function Failure({ message }: { readonly message: string }) {
  return (
    <div className="notice bad" role="alert">
      <Icon name="error" />
      <span>{message}</span>
    </div>
  )
}

export function Loading() {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading</span>
    </div>
  )
}
