// Says what a Kubernetes API server would say of CustomResourceDefinitions and of objects of their kinds, with the API server's own code
// (k8s.io/apiextensions-apiserver) and without a server: standard input holds {crds, objects}, standard output gets a list of errors for each.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	definitions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	budget "k8s.io/apiserver/pkg/apis/cel"
	strict "sigs.k8s.io/json"
)

type input struct {
	CRDs    []json.RawMessage `json:"crds"`
	Objects []json.RawMessage `json:"objects"`
}

type output struct {
	CRDs    [][]string `json:"crds"`
	Objects [][]string `json:"objects"`
}

type judge struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

var scheme = runtime.NewScheme()

func main() {
	install.Install(scheme)
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	judges := map[string]judge{}
	out := output{CRDs: [][]string{}, Objects: [][]string{}}
	for _, raw := range in.CRDs {
		out.CRDs = append(out.CRDs, readDefinition(raw, judges))
	}
	for _, raw := range in.Objects {
		out.Objects = append(out.Objects, readObject(raw, judges))
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		os.Exit(1)
	}
}

func readDefinition(raw []byte, judges map[string]judge) []string {
	errs := []string{}
	var crd v1.CustomResourceDefinition
	unknown, err := strict.UnmarshalStrict(raw, &crd)
	if err != nil {
		return append(errs, err.Error())
	}
	for _, each := range unknown {
		errs = append(errs, each.Error())
	}
	scheme.Default(&crd)
	var internal apiextensions.CustomResourceDefinition
	if err := scheme.Convert(&crd, &internal, nil); err != nil {
		return append(errs, err.Error())
	}
	for _, version := range internal.Spec.Versions {
		if version.Storage {
			internal.Status.StoredVersions = append(internal.Status.StoredVersions, version.Name)
		}
	}
	for _, each := range definitions.ValidateCustomResourceDefinition(context.Background(), &internal) {
		errs = append(errs, each.Error())
	}
	for _, version := range crd.Spec.Versions {
		var props apiextensions.JSONSchemaProps
		if err := scheme.Convert(version.Schema.OpenAPIV3Schema, &props, nil); err != nil {
			errs = append(errs, err.Error())
			continue
		}
		structural, err := schema.NewStructural(&props)
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		validator, _, err := validation.NewSchemaValidator(&props)
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		name := crd.Spec.Group + "/" + version.Name + "/" + crd.Spec.Names.Kind
		judges[name] = judge{structural, validator, cel.NewValidator(structural, true, budget.PerCallLimit)}
	}
	return errs
}

func readObject(raw []byte, judges map[string]judge) []string {
	errs := []string{}
	var object map[string]any
	if err := strict.UnmarshalCaseSensitivePreserveInts(raw, &object); err != nil {
		return append(errs, err.Error())
	}
	judge, known := judges[fmt.Sprintf("%v/%v", object["apiVersion"], object["kind"])]
	if !known {
		return append(errs, fmt.Sprintf("no CRD for %v %v", object["apiVersion"], object["kind"]))
	}
	options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object, judge.structural, true, options) {
		errs = append(errs, "unknown field "+path)
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(object, judge.structural)
	defaulting.Default(object, judge.structural)
	for _, each := range validation.ValidateCustomResource(nil, object, judge.schema) {
		errs = append(errs, each.Error())
	}
	for _, each := range listtype.ValidateListSetsAndMaps(nil, judge.structural, object) {
		errs = append(errs, each.Error())
	}
	if len(errs) > 0 || judge.rules == nil {
		return errs
	}
	broken, _ := judge.rules.Validate(context.Background(), nil, judge.structural, object, nil, budget.RuntimeCELCostBudget)
	for _, each := range broken {
		errs = append(errs, each.Error())
	}
	return errs
}
