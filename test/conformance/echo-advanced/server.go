package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	pb "sigs.k8s.io/gateway-api/conformance/echo-basic/grpcechoserver"
)

// With cleartext HTTP/2, as meshes between client and server may choose.
func protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// runServer listens on every port that the arguments name (--port, --grpc, --tcp; of the HTTP ports --tls says which one has TLS), on
// 8080 where they name none.
func runServer(args []string) error {
	values := map[string][]string{}
	for _, arg := range args {
		name, value, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		values[name] = append(values[name], value)
	}
	if len(values["port"]) == 0 {
		values["port"] = []string{"8080"}
	}
	ended := make(chan error)
	for _, port := range values["port"] {
		server := &http.Server{Addr: ":" + port, Handler: http.HandlerFunc(answer), Protocols: protocols()}
		if slices.Contains(values["tls"], port) {
			go func() { ended <- server.ListenAndServeTLS(first(values["crt"]), first(values["key"])) }()
		} else {
			go func() { ended <- server.ListenAndServe() }()
		}
	}
	for _, port := range values["grpc"] {
		go func() { ended <- serveGrpc(port) }()
	}
	for _, port := range values["tcp"] {
		go func() { ended <- serveTcp(port) }()
	}
	return <-ended
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// answer tells the request, a line each.
func answer(w http.ResponseWriter, r *http.Request) {
	hostname, _ := os.Hostname()
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	fmt.Fprintf(w, "Host=%s\nURL=%s\nMethod=%s\nProto=%s\nIP=%s\n", r.Host, r.URL.RequestURI(), r.Method, r.Proto, ip)
	if r.TLS != nil {
		fmt.Fprintf(w, "Alpn=%s\nCipher=%s\n", r.TLS.NegotiatedProtocol, tls.CipherSuiteName(r.TLS.CipherSuite))
	}
	for name, values := range r.Header {
		for _, value := range values {
			fmt.Fprintf(w, "RequestHeader=%s:%s\n", name, value)
		}
	}
	fmt.Fprintf(w, "Hostname=%s\n", hostname)
}

type echo struct{ pb.UnimplementedGrpcEchoServer }

func (echo) Echo(ctx context.Context, request *pb.EchoRequest) (*pb.EchoResponse, error) {
	hostname, _ := os.Hostname()
	assertions := &pb.Assertions{Context: &pb.Context{Pod: hostname}}
	received, _ := metadata.FromIncomingContext(ctx)
	assertions.Authority = strings.Join(received.Get(":authority"), ",")
	for name, values := range received {
		for _, value := range values {
			assertions.Headers = append(assertions.Headers, &pb.Header{Key: name, Value: value})
		}
	}
	return &pb.EchoResponse{Assertions: assertions, Request: request}, nil
}

func serveGrpc(port string) error {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	pb.RegisterGrpcEchoServer(server, echo{})
	return server.Serve(listener)
}

// serveTcp gives back each line.
func serveTcp(port string) error {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			lines := bufio.NewScanner(connection)
			for lines.Scan() {
				fmt.Fprintf(connection, "%s\n", lines.Text())
			}
		}()
	}
}
