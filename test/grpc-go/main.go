// grpc-go as the tests' client and server: with gRPC's own interoperability cases, with the tests' echo service, with TLS, and as an
// application without a proxy that reads xDS itself (GRPC_XDS_BOOTSTRAP).
//
//	grpc-go serve -listen 127.0.0.1:0 [-cert FILE -key FILE] [-xds] [-name "echo v1" -pod echo-0]
//	grpc-go cases -target 127.0.0.1:1234 [-roots FILE -server-name NAME]
//	grpc-go calls
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"serve": serve, "cases": cases, "calls": calls}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "expected serve, cases or calls")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
