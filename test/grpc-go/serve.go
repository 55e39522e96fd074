package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	xdscredentials "google.golang.org/grpc/credentials/xds"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/xds"
)

type server interface {
	grpc.ServiceRegistrar
	reflection.GRPCServer
	Serve(net.Listener) error
}

// serve tells where it listens in one line of JSON, and serves until it is killed.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "where")
	cert := flags.String("cert", "", "PEM of the certificate; without it plaintext")
	key := flags.String("key", "", "PEM of its key")
	mesh := flags.Bool("xds", false, "take security and policies from xDS")
	name := flags.String("name", "echo v1", "what echoes say of who served them")
	pod := flags.String("pod", "echo-0", "and of the pod")
	flags.Parse(args)

	made, err := makeServer(*cert, *key, *mesh)
	if err != nil {
		return err
	}
	made.RegisterService(&echoService, &echo{name: *name, pod: *pod})
	testpb.RegisterTestServiceServer(made, interop.NewTestServer())
	healthpb.RegisterHealthServer(made, health.NewServer())
	reflection.Register(made)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	return made.Serve(listener)
}

func makeServer(cert, key string, mesh bool) (server, error) {
	security := insecure.NewCredentials()
	if cert != "" {
		tls, err := credentials.NewServerTLSFromFile(cert, key)
		if err != nil {
			return nil, err
		}
		security = tls
	}
	if !mesh {
		return grpc.NewServer(grpc.Creds(security), grpc.ForceServerCodec(codec{})), nil
	}
	security, err := xdscredentials.NewServerCredentials(xdscredentials.ServerOptions{FallbackCreds: security})
	if err != nil {
		return nil, err
	}
	return xds.NewGRPCServer(grpc.Creds(security), grpc.ForceServerCodec(codec{}))
}

type echo struct{ name, pod string }

func (e *echo) answer(text string) *Message { return &Message{Text: text, Served: e.name, Pod: e.pod} }

var echoService = grpc.ServiceDesc{
	ServiceName: "echo.Echo",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Unary",
		// The interceptor is where an xDS server routes and asks its policies.
		Handler: func(service any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			e := service.(*echo)
			var request Message
			if err := decode(&request); err != nil {
				return nil, err
			}
			handle := func(context.Context, any) (any, error) { return e.answer(request.Text), nil }
			if intercept == nil {
				return handle(ctx, &request)
			}
			return intercept(ctx, &request, &grpc.UnaryServerInfo{Server: service, FullMethod: "/echo.Echo/Unary"}, handle)
		},
	}},
	Streams: []grpc.StreamDesc{
		{
			StreamName:    "ServerStream",
			ServerStreams: true,
			Handler: func(service any, stream grpc.ServerStream) error {
				var request Message
				if err := stream.RecvMsg(&request); err != nil {
					return err
				}
				for _, text := range parts(request.Text) {
					if err := stream.SendMsg(service.(*echo).answer(text)); err != nil {
						return err
					}
				}
				return nil
			},
		},
		{
			StreamName:    "BidiStream",
			ServerStreams: true,
			ClientStreams: true,
			Handler: func(service any, stream grpc.ServerStream) error {
				for {
					var request Message
					if err := stream.RecvMsg(&request); err == io.EOF {
						return nil
					} else if err != nil {
						return err
					}
					if err := stream.SendMsg(service.(*echo).answer(request.Text)); err != nil {
						return err
					}
				}
			},
		},
	},
}
