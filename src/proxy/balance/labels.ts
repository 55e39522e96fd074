/**
 * filter_metadata["envoy.lb"]: what endpoints are labelled with, and what routes ask subsets for. One text form for both, so that they
 * compare as Envoy compares the protobuf values.
 */
import type { Metadata } from '../../xds/gen/envoy/config/core/v3/base.ts'

export type Labels = ReadonlyMap<string, string>

/** Strings as they are, other values as JSON. */
export function labelsOf(fields: Readonly<Record<string, unknown>> | undefined): Labels {
  return new Map(Object.entries(fields ?? {}).map(([key, value]) => [key, labelText(value)]))
}

/** @returns empty without metadata or without "envoy.lb" in it */
export function lbLabels(metadata: Metadata | undefined): Labels {
  return labelsOf(metadata?.filterMetadata['envoy.lb'])
}

export function labelText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
