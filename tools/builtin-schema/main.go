// Writes src/apiserver/schema/builtin.schema: the facts of Kubernetes' published API that nanika's built-in kinds rest
// on. They come from three places that must agree: the Go types (JSON names, protobuf numbers, patch strategies), the
// published OpenAPI v3 documents (required, defaults, list and map types) and the enums of the OpenAPI source.
// Descriptions are never read.
//
//	go run . -out ../../src/apiserver/schema/builtin.schema      # or -check FILE
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const kubernetesVersion = "v1.37.2"

func main() {
	out := flag.String("out", "", "file to write")
	check := flag.String("check", "", "file that must be what would be written")
	vectors := flag.String("vectors", "", "folder to write protobuf test vectors to")
	flag.Parse()
	if err := run(*out, *check, *vectors); err != nil {
		fmt.Fprintln(os.Stderr, "builtin-schema:", err)
		os.Exit(1)
	}
}

func run(out, check, vectors string) error {
	scheme := runtime.NewScheme()
	for _, add := range schemes {
		if err := add(scheme); err != nil {
			return err
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	roots, err := expand(scheme, kinds)
	if err != nil {
		return err
	}
	if vectors != "" {
		return writeVectors(vectors, scheme, roots)
	}
	published, err := loadPublished(kubernetesVersion)
	if err != nil {
		return err
	}
	text, err := table(scheme, roots, published)
	if err != nil {
		return err
	}
	if check != "" {
		have, err := os.ReadFile(check)
		if err != nil {
			return err
		}
		if !bytes.Equal(have, text) {
			return fmt.Errorf("%s is not what %s says: see tools/builtin-schema/README.md", check, kubernetesVersion)
		}
		return nil
	}
	return os.WriteFile(out, text, 0o644)
}

// expand adds the Lists.
func expand(scheme *runtime.Scheme, lines []string) ([]schema.GroupVersionKind, error) {
	var roots []schema.GroupVersionKind
	for _, line := range lines {
		apiVersion, kind, _ := strings.Cut(line, " ")
		gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
		if !scheme.Recognizes(gvk) {
			return nil, fmt.Errorf("kinds.go: %q is no kind of the listed group versions", line)
		}
		roots = append(roots, gvk)
		if list := gvk.GroupVersion().WithKind(kind + "List"); scheme.Recognizes(list) {
			roots = append(roots, list)
		}
	}
	return roots, nil
}

func table(scheme *runtime.Scheme, roots []schema.GroupVersionKind, published *published) ([]byte, error) {
	w := walker{published: published, types: map[string][]string{}, packages: map[string]string{}}
	var kindLines []string
	for _, gvk := range roots {
		object, err := scheme.New(gvk)
		if err != nil {
			return nil, err
		}
		name, err := w.root(object)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", gvk, err)
		}
		kindLines = append(kindLines, fmt.Sprintf("kind %s %s %s", gvk.GroupVersion(), gvk.Kind, name))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "R\"facts(# Facts of the published API of Kubernetes %s, written by tools/builtin-schema: do not edit.\n", kubernetesVersion)
	b.WriteString("# The syntax is in builtin.h.\n")
	for _, short := range sorted(w.packages) {
		fmt.Fprintf(&b, "package %s %s\n", short, w.packages[short])
	}
	for _, line := range kindLines {
		b.WriteString(line + "\n")
	}
	for _, name := range sorted(w.types) {
		for _, line := range w.types[name] {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString(")facts\"\n") // a C++ string: builtin.cc includes the file
	return b.Bytes(), nil
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
