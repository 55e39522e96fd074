/**
 * Tags by which the control plane says, within a stats access logger, what Telemetry changes of a metric's labels. Who makes the labels (the agent
 * beside Envoy, mizzen's own proxy) follows them, and they are not labels themselves.
 */

/** Before the name of a label that gets the tag's value. */
export const SET_TAG = 'mizzen_set_'

/** Its value names the labels that are left out, with spaces between. */
export const REMOVED_TAGS = 'mizzen_removed'

/** Of a label with a value of somebody's own: what is not there, or cannot be worked out. */
export const UNKNOWN_VALUE = 'unknown'
