package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// vectors writes every kind twice, as a protobuf body and as JSON: with all fields filled, and with all pointers
// set and all values zero. A line each: CASE APIVERSION KIND BASE64 JSON.
func vectors(scheme *runtime.Scheme, roots []schema.GroupVersionKind) ([]byte, error) {
	serializer := protobuf.NewSerializer(scheme, scheme)
	var b bytes.Buffer
	b.WriteString("# Written by tools/builtin-schema: CASE APIVERSION KIND PROTOBUF(base64) JSON\n")
	for _, gvk := range roots {
		if strings.HasSuffix(gvk.Kind, "List") && gvk.Kind != "ServiceList" {
			continue // Lists are all alike
		}
		for _, zero := range []bool{false, true} {
			object, err := scheme.New(gvk)
			if err != nil {
				return nil, err
			}
			if _, ok := object.(message); !ok {
				continue // no protobuf: Table
			}
			f := filler{zero: zero, depth: map[reflect.Type]int{}}
			f.fill(reflect.ValueOf(object).Elem())
			object.GetObjectKind().SetGroupVersionKind(gvk)
			var wire bytes.Buffer
			if err := serializer.Encode(object, &wire); err != nil {
				return nil, fmt.Errorf("%v: %w", gvk, err)
			}
			text, err := json.Marshal(object)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", gvk, err)
			}
			name := "filled"
			if zero {
				name = "zero"
			}
			fmt.Fprintf(&b, "%s %s %s %s %s\n", name, gvk.GroupVersion(), gvk.Kind,
				base64.StdEncoding.EncodeToString(wire.Bytes()), text)
		}
	}
	return b.Bytes(), nil
}

type filler struct {
	zero  bool
	count int64
	depth map[reflect.Type]int
}

func (f *filler) fill(v reflect.Value) {
	t := v.Type()
	f.count++
	if f.special(v) {
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		if f.depth[t.Elem()] < 2 {
			v.Set(reflect.New(t.Elem()))
			f.fill(v.Elem())
		}
	case reflect.Struct:
		f.depth[t]++
		for i := range t.NumField() {
			if t.Field(i).IsExported() && t.Field(i).Name != "TypeMeta" {
				f.fill(v.Field(i))
			}
		}
		f.depth[t]--
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{0, 0xff, byte(f.count)})
		} else if f.depth[t.Elem()] < 2 {
			n := 1
			if t.Elem().Kind() != reflect.Struct {
				n = 2
			}
			v.Set(reflect.MakeSlice(t, n, n))
			for i := range v.Len() {
				f.fill(v.Index(i))
			}
		}
	case reflect.Map:
		if f.depth[t.Elem()] < 2 {
			v.Set(reflect.MakeMap(t))
			key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			key.SetString(fmt.Sprintf("k%d", f.count))
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	default:
		if !f.zero {
			f.scalar(v)
		}
	}
}

func (f *filler) scalar(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("é%d", f.count))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32:
		v.SetInt(-f.count)
	case reflect.Int64:
		v.SetInt((1<<62 + f.count) * (1 - f.count%2*2))
	case reflect.Uint8:
		v.SetUint(uint64(f.count % 256))
	case reflect.Float64:
		v.SetFloat(float64(f.count) + 0.25)
	}
}

// special fills the types that have a codec.
func (f *filler) special(v reflect.Value) bool {
	odd := f.count%2 == 1
	set := func(x any) bool { v.Set(reflect.ValueOf(x)); return true }
	schemaOf := func() *apiextensionsv1.JSONSchemaProps {
		return &apiextensionsv1.JSONSchemaProps{Type: fmt.Sprintf("t%d", f.count)}
	}
	switch v.Interface().(type) {
	case resource.Quantity:
		return set(resource.MustParse(fmt.Sprintf("%dm", f.count)))
	case intstr.IntOrString:
		if odd {
			return set(intstr.FromInt32(int32(f.count)))
		}
		return set(intstr.FromString("50%"))
	case metav1.Time:
		return f.zero || set(metav1.NewTime(time.Unix(1700000000+f.count, 0)))
	case metav1.MicroTime:
		return f.zero || set(metav1.NewMicroTime(time.Unix(1700000000+f.count, 123456000)))
	case metav1.Duration:
		return set(metav1.Duration{Duration: 90*time.Second + time.Duration(f.count)*time.Millisecond})
	case metav1.FieldsV1:
		var fields metav1.FieldsV1
		fields.SetRawString(`{"f:metadata":{".":{}}}`)
		return set(fields)
	case runtime.RawExtension:
		return set(runtime.RawExtension{Raw: []byte(`{"a":[1,2.5,"x",null]}`)})
	case apiextensionsv1.JSON:
		return set(apiextensionsv1.JSON{Raw: []byte(`{"a":[1,true]}`)})
	case apiextensionsv1.JSONSchemaPropsOrArray:
		if odd {
			return set(apiextensionsv1.JSONSchemaPropsOrArray{Schema: schemaOf()})
		}
		return set(apiextensionsv1.JSONSchemaPropsOrArray{JSONSchemas: []apiextensionsv1.JSONSchemaProps{*schemaOf(), *schemaOf()}})
	case apiextensionsv1.JSONSchemaPropsOrBool:
		if odd {
			return set(apiextensionsv1.JSONSchemaPropsOrBool{Allows: true, Schema: schemaOf()})
		}
		return set(apiextensionsv1.JSONSchemaPropsOrBool{Allows: f.count%4 == 0})
	case apiextensionsv1.JSONSchemaPropsOrStringArray:
		if odd {
			return set(apiextensionsv1.JSONSchemaPropsOrStringArray{Schema: schemaOf()})
		}
		return set(apiextensionsv1.JSONSchemaPropsOrStringArray{Property: []string{"p", "q"}})
	}
	return false
}
