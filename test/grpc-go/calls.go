package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	xdscredentials "google.golang.org/grpc/credentials/xds"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds" // targets xds:///
)

const (
	deadline = 5 * time.Second
	parallel = 8
)

type order struct {
	ID   int  `json:"id"`
	Call call `json:"call"`
}

type call struct {
	To       string            `json:"to"`
	RPC      string            `json:"rpc"`
	Message  string            `json:"message"`
	Metadata map[string]string `json:"metadata"`
	Times    int               `json:"times"`
}

type outcome struct {
	Code     string   `json:"code"`
	Details  string   `json:"details"`
	Served   string   `json:"served,omitempty"`
	Pod      string   `json:"pod,omitempty"`
	Messages []string `json:"messages"`
}

// calls makes the calls that it is sent, a line of JSON each, as an application without a proxy.
func calls([]string) error {
	answers := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var next order
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			return err
		}
		outcomes, err := next.Call.make()
		if err != nil {
			return err
		}
		answers.Encode(map[string]any{"id": next.ID, "outcomes": outcomes})
	}
	return lines.Err()
}

// A channel for each order: it asks for its resources anew.
func (c call) make() ([]outcome, error) {
	security, err := xdscredentials.NewClientCredentials(xdscredentials.ClientOptions{FallbackCreds: insecure.NewCredentials()})
	if err != nil {
		return nil, err
	}
	codec := grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{}))
	connection, err := grpc.NewClient("xds:///"+c.To, grpc.WithTransportCredentials(security), codec)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	outcomes := make([]outcome, max(c.Times, 1))
	var group sync.WaitGroup
	places := make(chan struct{}, parallel)
	for i := range outcomes {
		places <- struct{}{}
		group.Go(func() {
			outcomes[i] = c.once(connection)
			<-places
		})
	}
	group.Wait()
	return outcomes, nil
}

func (c call) once(connection *grpc.ClientConn) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	for name, value := range c.Metadata {
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	replies, err := c.exchange(ctx, connection)
	told := status.Convert(err)
	made := outcome{Code: codeName(told.Code()), Details: told.Message(), Messages: []string{}}
	for i, reply := range replies {
		if i == 0 {
			made.Served, made.Pod = reply.Served, reply.Pod
		}
		made.Messages = append(made.Messages, reply.Text)
	}
	return made
}

func (c call) exchange(ctx context.Context, connection *grpc.ClientConn) ([]Message, error) {
	method := "/echo.Echo/" + c.RPC
	if c.RPC == "Unary" {
		var reply Message
		if err := connection.Invoke(ctx, method, &Message{Text: c.Message}, &reply); err != nil {
			return nil, err
		}
		return []Message{reply}, nil
	}
	sent := []string{c.Message}
	if c.RPC == "BidiStream" {
		sent = parts(c.Message)
	}
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return nil, err
	}
	for _, text := range sent {
		if err := stream.SendMsg(&Message{Text: text}); err != nil {
			break // what went wrong is told to who receives
		}
	}
	stream.CloseSend()
	var replies []Message
	for {
		var reply Message
		if err := stream.RecvMsg(&reply); err == io.EOF {
			return replies, nil
		} else if err != nil {
			return replies, err
		}
		replies = append(replies, reply)
	}
}

// "PermissionDenied" is PERMISSION_DENIED elsewhere.
func codeName(code codes.Code) string {
	if code == codes.OK {
		return "OK"
	}
	var name strings.Builder
	for i, letter := range code.String() {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	return strings.ToUpper(name.String())
}
