/** Where the page begins. */
import './style/tokens.css'
import './style/base.css'
import './style/shell.css'
import './style/parts.css'
import './style/graph.css'
import './style/views.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { takeTokenOfAddress } from './api/client.ts'
import { App } from './shell/app.tsx'
import { applyTheme } from './shell/theme.ts'

takeTokenOfAddress()
applyTheme()
const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
