// Command registry serves go-containerregistry's registry, in memory, over plain HTTP.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	address := flag.String("address", "", "host:port to listen on")
	referrers := flag.Bool("referrers", false, "serve the referrers API")
	flag.Parse()
	log.Fatal(http.ListenAndServe(*address, registry.New(registry.WithReferrersSupport(*referrers))))
}
