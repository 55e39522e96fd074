/** What the whole page knows of the mesh: asked once, shared by all views. */
import { createContext, useContext } from 'react'

export interface About {
  readonly title: string
  readonly mayChange: boolean
  /** Whether the token that `mizzen up` printed would let this page change things. */
  readonly canLogIn: boolean
  readonly errors: number
  readonly warnings: number
  readonly alerts: number
  readonly namespaces: readonly string[]
  readonly workloads: readonly string[]
}

export const AboutContext = createContext<About | undefined>(undefined)

export function useAbout(): About | undefined {
  return useContext(AboutContext)
}
