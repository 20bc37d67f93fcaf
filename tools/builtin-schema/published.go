package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// property is what the published documents say of one field, or of one type.
type property struct {
	Type        string               `json:"type"`
	Format      string               `json:"format"`
	Default     json.RawMessage      `json:"default"`
	Required    []string             `json:"required"`
	Properties  map[string]*property `json:"properties"`
	ListType    string               `json:"x-kubernetes-list-type"`
	ListMapKeys []string             `json:"x-kubernetes-list-map-keys"`
	MapType     string               `json:"x-kubernetes-map-type"`
	PatchMerge  string               `json:"x-kubernetes-patch-strategy"`
	PatchKey    string               `json:"x-kubernetes-patch-merge-key"`
	enum        []string
}

type published struct {
	types map[string]*property // by OpenAPI name
	enums map[string][]string  // by "schema function.field"
}

func loadPublished(version string) (*published, error) {
	folder, err := download("k8s.io/kubernetes@" + version)
	if err != nil {
		return nil, err
	}
	p := &published{types: map[string]*property{}, enums: map[string][]string{}}
	documents, err := filepath.Glob(filepath.Join(folder, "api/openapi-spec/v3/*.json"))
	if err != nil || len(documents) == 0 {
		return nil, fmt.Errorf("%s holds no OpenAPI documents (%v)", folder, err)
	}
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			return nil, err
		}
		var d struct {
			Components struct{ Schemas map[string]*property }
		}
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", document, err)
		}
		for name, schema := range d.Components.Schemas {
			p.types[name] = schema
		}
	}
	return p, p.loadEnums(filepath.Join(folder, "pkg/generated/openapi/zz_generated.openapi.go"))
}

func download(module string) (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	var answer struct{ Dir string }
	return answer.Dir, json.Unmarshal(out, &answer)
}

var (
	functionLine = regexp.MustCompile(`^func schema_(\w+)\(ref`)
	propertyLine = regexp.MustCompile(`^\t{5}"([^"]+)": \{$`)
	enumLine     = regexp.MustCompile(`^\s+Enum: +\[\]interface\{\}\{(.*)\},$`)
)

// loadEnums reads the enums, which the published documents leave out, of the source they are made from.
func (p *published) loadEnums(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	var function, field string
	for scanner.Scan() {
		if m := functionLine.FindStringSubmatch(scanner.Text()); m != nil {
			function, field = m[1], ""
		} else if m := propertyLine.FindStringSubmatch(scanner.Text()); m != nil {
			field = m[1]
		} else if m := enumLine.FindStringSubmatch(scanner.Text()); m != nil {
			var values []string
			if err := json.Unmarshal([]byte("["+m[1]+"]"), &values); err != nil {
				return fmt.Errorf("%s: %s.%s: %w", path, function, field, err)
			}
			p.enums[function+"."+field] = values
		}
	}
	if len(p.enums) == 0 {
		return fmt.Errorf("%s: found no enums", path)
	}
	return scanner.Err()
}

// enum finds the values of a field, given its Go package and type.
func (p *published) enum(pkg, typeName, field string) []string {
	parts := strings.Split(strings.ReplaceAll(pkg, "k8s.io/api/", "k8sio/api/"), "/")
	for n := 3; n <= 4 && n <= len(parts); n++ {
		key := strings.Join(parts[len(parts)-n:], "_") + "_" + typeName + "." + field
		if values := p.enums[key]; values != nil {
			return values
		}
	}
	return nil
}
