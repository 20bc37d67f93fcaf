package main

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Types that are one thing on the wire and another in JSON: nanika has a codec for each.
var codecs = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():                            "Quantity",
	reflect.TypeFor[intstr.IntOrString]():                           "IntOrString",
	reflect.TypeFor[metav1.Time]():                                  "Time",
	reflect.TypeFor[metav1.MicroTime]():                             "MicroTime",
	reflect.TypeFor[metav1.Duration]():                              "Duration",
	reflect.TypeFor[metav1.FieldsV1]():                              "FieldsV1",
	reflect.TypeFor[runtime.RawExtension]():                         "RawExtension",
	reflect.TypeFor[apiextensionsv1.JSON]():                         "JSON",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrArray]():       "JSONSchemaPropsOrArray",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrBool]():        "JSONSchemaPropsOrBool",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrStringArray](): "JSONSchemaPropsOrStringArray",
}

type named interface{ OpenAPIModelName() string }

type message interface{ Unmarshal([]byte) error }

type walker struct {
	published *published
	types     map[string][]string // lines by short name
	packages  map[string]string   // short name -> full name
}

func (w *walker) root(object any) (string, error) {
	return w.structType(reflect.TypeOf(object).Elem(), &property{}) // Table and its kin are not published
}

// short makes "core.v1.Pod" of "io.k8s.api.core.v1.Pod".
func (w *walker) short(full string) (string, error) {
	pkg, name := full[:strings.LastIndex(full, ".")], full[strings.LastIndex(full, ".")+1:]
	parts := strings.Split(pkg, ".")
	short := strings.Join(parts[len(parts)-2:], ".")
	if have := w.packages[short]; have != "" && have != pkg {
		return "", fmt.Errorf("packages %s and %s have one short name", have, pkg)
	}
	w.packages[short] = pkg
	return short + "." + name, nil
}

// structType describes a message; `otherwise` are its facts when it is not published under its own name.
func (w *walker) structType(t reflect.Type, otherwise *property) (string, error) {
	model, ok := reflect.Zero(t).Interface().(named)
	if !ok {
		return "", fmt.Errorf("%v has no OpenAPI name", t)
	}
	name, err := w.short(model.OpenAPIModelName())
	if err != nil || w.types[name] != nil {
		return name, err
	}
	facts := w.published.types[model.OpenAPIModelName()]
	if facts == nil {
		facts = otherwise
	}
	head := "type " + name
	if facts.MapType == "atomic" {
		head += " atomic"
	}
	w.types[name] = []string{head}
	lines, err := w.fields(t, facts)
	if err != nil {
		return "", fmt.Errorf("%s.%w", name, err)
	}
	w.types[name] = append(w.types[name], lines...)
	return name, nil
}

func (w *walker) fields(t reflect.Type, facts *property) ([]string, error) {
	var lines []string
	for i := range t.NumField() {
		f := t.Field(i)
		jsonName, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case jsonName == "-" || !f.IsExported():
			continue
		case jsonName == "" && f.Anonymous && f.Tag.Get("protobuf") == "":
			if f.Type != reflect.TypeFor[metav1.TypeMeta]() {
				return nil, fmt.Errorf("%s: inlined and not in protobuf", f.Name)
			}
			lines = append(lines, " apiVersion string", " kind string")
			continue
		}
		line, err := w.field(t, f, jsonName, options, facts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (w *walker) field(t reflect.Type, f reflect.StructField, jsonName, options string, facts *property) (string, error) {
	number := protoNumber(f.Tag.Get("protobuf"))
	if jsonName == "" {
		kind, err := w.structType(f.Type, facts) // its fields are published as the parent's
		return fmt.Sprintf(" inline %s %d", kind, number), err
	}
	kind, err := w.typeOf(f.Type)
	if err != nil {
		return "", err
	}
	line := " " + jsonName + " " + kind
	if number != 0 {
		line += " " + strconv.Itoa(number)
		if omitsZero(f.Type, options) {
			line += "?"
		}
	}
	for _, name := range facts.Required {
		if name == jsonName {
			line += " required"
		}
	}
	p := facts.Properties[jsonName]
	if p == nil {
		p = &property{}
	}
	return line + w.flags(t, f, jsonName, kind, p), nil
}

func (w *walker) flags(t reflect.Type, f reflect.StructField, jsonName, kind string, p *property) string {
	var b strings.Builder
	switch p.ListType {
	case "set", "atomic":
		b.WriteString(" list=" + p.ListType)
	case "map":
		b.WriteString(" list=map:" + strings.Join(p.ListMapKeys, ","))
	}
	if p.MapType == "atomic" {
		b.WriteString(" atomic")
	}
	for _, strategy := range strings.Split(f.Tag.Get("patchStrategy"), ",") {
		switch strategy {
		case "merge":
			b.WriteString(" merge")
			if key := f.Tag.Get("patchMergeKey"); key != "" {
				b.WriteString("=" + key)
			}
		case "retainKeys":
			b.WriteString(" retainKeys")
		}
	}
	if values := w.published.enum(t.PkgPath(), t.Name(), jsonName); values != nil {
		b.WriteString(" enum=" + strings.Join(values, ","))
	}
	switch string(p.Default) {
	case "", `""`, "{}", "0", "false": // Go's zero values say nothing
	default:
		b.WriteString(" default=" + string(p.Default))
	}
	return b.String()
}

// typeOf writes a Go type as the table does: string, int32, []core.v1.Container, {}Quantity, ...
func (w *walker) typeOf(t reflect.Type) (string, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if codec := codecs[t]; codec != "" {
		if strings.HasPrefix(codec, "JSONSchemaProps") {
			_, err := w.structType(reflect.TypeFor[apiextensionsv1.JSONSchemaProps](), &property{})
			return codec, err
		}
		return codec, nil
	}
	switch t.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	case reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Float64:
		return t.Kind().String(), nil
	case reflect.Interface:
		return "any", nil
	case reflect.Struct:
		return w.structType(t, &property{})
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes", nil
		}
		element, err := w.typeOf(t.Elem())
		if reflect.PointerTo(t).Implements(reflect.TypeFor[message]()) {
			return "<>" + element, err // a message that holds the list
		}
		return "[]" + element, err
	case reflect.Map:
		element, err := w.typeOf(t.Elem())
		return "{}" + element, err
	}
	return "", fmt.Errorf("no codec for %v", t)
}

// omitsZero tells whether a zero value on the wire is left out of JSON, as Go's omitempty and omitzero do.
func omitsZero(t reflect.Type, options string) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return false
	case reflect.Struct:
		return strings.Contains(options, "omitzero")
	}
	return strings.Contains(options, "omitempty")
}

func protoNumber(tag string) int {
	parts := strings.Split(tag, ",")
	if len(parts) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(parts[1])
	return n
}
