package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Message is that of test/scenarios/echo.proto: three texts, written and read by hand.
type Message struct {
	Text, Served, Pod string
}

func (m *Message) fields() []*string { return []*string{&m.Text, &m.Served, &m.Pod} }

// codec is protobuf's, and knows Message beside what is generated.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(value any) ([]byte, error) {
	message, ok := value.(*Message)
	if !ok {
		return proto.Marshal(value.(proto.Message))
	}
	var bytes []byte
	for i, field := range message.fields() {
		if *field != "" {
			bytes = protowire.AppendTag(bytes, protowire.Number(i+1), protowire.BytesType)
			bytes = protowire.AppendString(bytes, *field)
		}
	}
	return bytes, nil
}

func (codec) Unmarshal(bytes []byte, value any) error {
	message, ok := value.(*Message)
	if !ok {
		return proto.Unmarshal(bytes, value.(proto.Message))
	}
	for len(bytes) > 0 {
		number, kind, n := protowire.ConsumeTag(bytes)
		if n < 0 || kind != protowire.BytesType || number > 3 {
			return fmt.Errorf("not an echo message: field %d of type %d", number, kind)
		}
		text, m := protowire.ConsumeString(bytes[n:])
		if m < 0 {
			return protowire.ParseError(m)
		}
		*message.fields()[number-1] = text
		bytes = bytes[n+m:]
	}
	return nil
}

func parts(text string) []string { return strings.Split(text, ",") }
