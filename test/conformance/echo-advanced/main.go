// The program of the suite's image "echo-advanced", whose own sources are another project's: a server that tells what reached it, and a
// client that prints what came back. Only what the suite calls and parses (conformance/utils/echo) is here.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	var err error
	if filepath.Base(os.Args[0]) == "client" {
		err = runClient(os.Args[1:])
	} else {
		err = runServer(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
