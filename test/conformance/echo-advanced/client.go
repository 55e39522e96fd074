package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	pb "sigs.k8s.io/gateway-api/conformance/echo-basic/grpcechoserver"
)

const timeout = 10 * time.Second

type call struct {
	target  *url.URL
	method  string
	headers [][2]string
	count   int
}

// runClient makes the calls of `client URL [--method=M] [-H name:value]... [--count=N]` and prints each answer, a blank line between two.
func runClient(args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	send, end, err := c.sender()
	if err != nil {
		return err
	}
	defer end()
	for range c.count {
		text, err := send()
		if err != nil {
			return err
		}
		fmt.Printf("%s\n\n", strings.TrimSpace(text))
	}
	return nil
}

func parse(args []string) (c call, err error) {
	c = call{method: http.MethodGet, count: 1}
	for i := 0; i < len(args); i++ {
		name, value, _ := strings.Cut(args[i], "=")
		switch {
		case args[i] == "-H" && i+1 < len(args):
			i++
			key, text, _ := strings.Cut(args[i], ":")
			c.headers = append(c.headers, [2]string{key, text})
		case name == "--method":
			c.method = value
		case name == "--count":
			c.count, err = strconv.Atoi(value)
		case strings.HasPrefix(name, "-"):
			err = fmt.Errorf("Cannot call: unknown argument %q", args[i])
		default:
			c.target, err = url.Parse(args[i])
		}
		if err != nil {
			return c, err
		}
	}
	if c.target == nil {
		return c, fmt.Errorf("Cannot call: expected a URL")
	}
	return c, nil
}

func (c call) sender() (send func() (string, error), end func(), err error) {
	if c.target.Scheme != "grpc" {
		return c.http, func() {}, nil
	}
	connection, err := grpc.NewClient(c.target.Host, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, nil, err
	}
	return func() (string, error) { return c.grpc(connection) }, func() { connection.Close() }, nil
}

// One connection a call, so that what balances connections is seen too; redirects are answers.
var client = &http.Client{
	Timeout: timeout,
	Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c call) http() (string, error) {
	request, err := http.NewRequest(c.method, c.target.String(), nil)
	if err != nil {
		return "", err
	}
	for _, header := range c.headers {
		if strings.EqualFold(header[0], "host") {
			request.Host = header[1]
		} else {
			request.Header.Add(header[0], header[1])
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	text := &strings.Builder{}
	fmt.Fprintf(text, "StatusCode=%d\n", response.StatusCode)
	for name, values := range response.Header {
		for _, value := range values {
			fmt.Fprintf(text, "ResponseHeader=%s:%s\n", name, value)
		}
	}
	text.Write(body)
	return text.String(), nil
}

// The suite counts a call that was answered as 200.
func (c call) grpc(connection *grpc.ClientConn) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for _, header := range c.headers {
		ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(header[0]), header[1])
	}
	response, err := pb.NewGrpcEchoClient(connection).Echo(ctx, &pb.EchoRequest{})
	if err != nil {
		return "", status.Convert(err).Err()
	}
	text := &strings.Builder{}
	fmt.Fprintf(text, "StatusCode=200\nHost=%s\n", response.GetAssertions().GetAuthority())
	for _, header := range response.GetAssertions().GetHeaders() {
		fmt.Fprintf(text, "RequestHeader=%s:%s\n", header.GetKey(), header.GetValue())
	}
	fmt.Fprintf(text, "Hostname=%s\n", response.GetAssertions().GetContext().GetPod())
	return text.String(), nil
}
