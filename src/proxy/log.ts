/**
 * The process's own log: `[2026-08-01T12:00:00.000Z][info][listener] message` to stderr.
 */
import type { Log, LogLevel } from './context.ts'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical']

export interface AdjustableLog {
  readonly log: Log
  level: LogLevel | 'off'
}

export function stderrLog(level: LogLevel | 'off', write = (line: string) => process.stderr.write(line)): AdjustableLog {
  const self: AdjustableLog = {
    level,
    log(at, component, message) {
      if (self.level === 'off' || LEVELS.indexOf(at) < LEVELS.indexOf(self.level)) return
      write(`[${new Date().toISOString()}][${at}][${component}] ${message}\n`)
    },
  }
  return self
}

/** Envoy's names of levels; trace counts as debug. */
export function parseLogLevel(text: string): LogLevel | 'off' | undefined {
  if (text === 'trace') return 'debug'
  if (text === 'warn') return 'warning'
  if (text === 'off') return 'off'
  return LEVELS.find(level => level === text)
}
