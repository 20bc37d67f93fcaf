// Writes the facts of Kubernetes' published API that nanika's built-in kinds rest on (builtin.schema), and protobuf
// bodies to test against (testdata/protobuf_vectors.txt). The facts come from three places that must agree: the Go types
// (JSON names, protobuf numbers, patch strategies), the published OpenAPI v3 documents (required, defaults, list and map
// types) and the enums of the OpenAPI source. Descriptions are never read.
//
//	go run . [-check]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const kubernetesVersion = "v1.37.2"

func main() {
	folder := flag.String("folder", "../../src/apiserver/schema", "where the files belong")
	check := flag.Bool("check", false, "write nothing: fail when a file is not what would be written")
	flag.Parse()
	if err := run(*folder, *check); err != nil {
		fmt.Fprintln(os.Stderr, "builtin-schema:", err)
		os.Exit(1)
	}
}

func run(folder string, check bool) error {
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
	published, err := loadPublished(kubernetesVersion)
	if err != nil {
		return err
	}
	facts, err := table(scheme, roots, published)
	if err != nil {
		return err
	}
	bodies, err := vectors(scheme, roots)
	if err != nil {
		return err
	}
	put := os.WriteFile
	if check {
		put = same
	}
	if err := put(filepath.Join(folder, "builtin.schema"), facts, 0o644); err != nil {
		return err
	}
	return put(filepath.Join(folder, "testdata/protobuf_vectors.txt"), bodies, 0o644)
}

// same is os.WriteFile for -check.
func same(path string, want []byte, _ os.FileMode) error {
	have, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(have, want) {
		err = fmt.Errorf("%s is not what Kubernetes %s says: go run . in tools/builtin-schema", path, kubernetesVersion)
	}
	return err
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
