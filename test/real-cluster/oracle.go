// Says which checks of the Pod Security Standards a pod violates, by the code of the Kubernetes project itself.
// Standard input: one JSON Pod a line. Standard output: for each, a JSON list of check ids, overridden ones included.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	pods, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	// A misspelt field would be dropped in silence, and the pod then prove nothing.
	pods.DisallowUnknownFields()
	for {
		var pod corev1.Pod
		if err := pods.Decode(&pod); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		violated := []string{}
		for _, check := range policy.DefaultChecks() {
			newest := check.Versions[len(check.Versions)-1]
			if !newest.CheckPod(&pod.ObjectMeta, &pod.Spec).Allowed {
				violated = append(violated, string(check.ID))
			}
		}
		sort.Strings(violated)
		if err := answers.Encode(violated); err != nil {
			log.Fatal(err)
		}
	}
}
