package otlp

import (
	"encoding/json"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Answer is the body of a successful answer: an ExportLogsServiceResponse, which says
// how many records were rejected, if any, and why.
func Answer(rejected int, why string, text bool) []byte {
	if rejected == 0 {
		if text {
			return []byte("{}")
		}
		return nil
	}
	if text {
		return toJSON(map[string]any{"partialSuccess": map[string]string{
			"rejectedLogRecords": strconv.Itoa(rejected), "errorMessage": why,
		}})
	}
	part := protowire.AppendTag(nil, 1, protowire.VarintType)
	part = protowire.AppendVarint(part, uint64(rejected))
	part = protowire.AppendTag(part, 2, protowire.BytesType)
	part = protowire.AppendString(part, why)
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), part)
}

// Refusal is the body of an answer that is none: a google.rpc.Status.
func Refusal(why string, text bool) []byte {
	if text {
		return toJSON(map[string]string{"message": why})
	}
	return protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), why)
}

func toJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}") // maps of strings never fail
	}
	return b
}
