// The Gateway API's own conformance suite, against whatever cluster KUBECONFIG names. All of it is upstream's; conformance.ts beside this
// file prepares the cluster and chooses the options.
package conformance

import (
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}
