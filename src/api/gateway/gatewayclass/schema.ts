/** GatewayClass: which controller serves the Gateways that name it. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { message } from '../../schema/message.ts'
import { ParametersReference } from '../references.ts'
import { controllerName } from '../values.ts'

export const GatewayClassSpec = message(
  { parametersRef: ParametersReference, description: Type.String({ maxLength: 64 }) },
  {
    controllerName: controllerName({
      description: 'mizzen serves "mizzen.dev/gateway-controller" and "istio.io/gateway-controller"',
      ...cel(['self == oldSelf', 'Value is immutable']),
    }),
  },
)
export type GatewayClassSpec = Static<typeof GatewayClassSpec>
