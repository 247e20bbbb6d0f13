// Reads a file of Prometheus rules and says what is wrong with it, with Prometheus's own parser, as `promtool check rules` does.
package main

import (
	"errors"
	"io"
	"log"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	_, problems := rulefmt.Parse(content, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	if err := errors.Join(problems...); err != nil {
		log.Fatal(err)
	}
}
