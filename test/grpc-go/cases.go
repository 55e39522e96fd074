package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop"
	testpb "google.golang.org/grpc/interop/grpc_testing"
)

type client = testpb.TestServiceClient

// Of gRPC's interop-test-descriptions, all that need no account in a cloud.
var standard = []struct {
	name string
	run  func(context.Context, client, ...grpc.CallOption)
}{
	{"empty_unary", interop.DoEmptyUnaryCall},
	{"large_unary", interop.DoLargeUnaryCall},
	{"client_streaming", interop.DoClientStreaming},
	{"server_streaming", interop.DoServerStreaming},
	{"ping_pong", interop.DoPingPong},
	{"empty_stream", interop.DoEmptyStream},
	{"cancel_after_begin", interop.DoCancelAfterBegin},
	{"cancel_after_first_response", interop.DoCancelAfterFirstResponse},
	{"timeout_on_sleeping_server", interop.DoTimeoutOnSleepingServer},
	{"custom_metadata", interop.DoCustomMetadata},
	{"status_code_and_message", interop.DoStatusCodeAndMessage},
	{"special_status_message", interop.DoSpecialStatusMessage},
}

// cases prints the name of each case that holds. The first that does not ends the process.
func cases(args []string) error {
	flags := flag.NewFlagSet("cases", flag.ExitOnError)
	target := flags.String("target", "", "host:port")
	roots := flags.String("roots", "", "PEM that verifies the server; without it plaintext")
	name := flags.String("server-name", "localhost", "whom the server's certificate is for")
	flags.Parse(args)

	security := insecure.NewCredentials()
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		security = credentials.NewTLS(&tls.Config{RootCAs: pool, ServerName: *name})
	}
	connection, err := grpc.NewClient(*target, grpc.WithTransportCredentials(security))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, each := range standard {
		each.run(ctx, testpb.NewTestServiceClient(connection))
		fmt.Println(each.name)
	}
	interop.DoUnimplementedMethod(ctx, connection)
	fmt.Println("unimplemented_method")
	interop.DoUnimplementedService(ctx, testpb.NewUnimplementedServiceClient(connection))
	fmt.Println("unimplemented_service")
	return nil
}
