/** typescript.<namespace>/<name>.*: of one module, whichever listeners it works for. */
import { Histogram } from '../../../lib/histogram.ts'

export class ScriptStats {
  /** Times that the module was asked: at most one for each of head, body and trailers of a request, and of a response. */
  asked = 0
  /** It answered in the place of the upstream, or replaced a response. */
  answered = 0
  threw = 0
  timed_out = 0
  /** There was no thread to ask. */
  unavailable = 0
  /** Failures that let the message pass, as configured. */
  failed_open = 0
  /** Threads ended because they hung, ran out of memory or exited, and started anew. */
  restarts = 0
  reloads = 0
  /** New versions that could not be loaded: the one before stays. */
  reload_failures = 0
  /** Milliseconds between question and answer. */
  readonly duration_ms = new Histogram()
}
