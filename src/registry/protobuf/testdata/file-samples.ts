/** For tests: files as one writes them, and what is stored of them; the binary ones were written by protoc. */

export const SHIP = {
  written: `syntax = "proto3";
package harbour.v1;

import "google/protobuf/descriptor.proto";
import "google/protobuf/timestamp.proto";

option java_package = "com.harbour";
option optimize_for = CODE_SIZE;

extend google.protobuf.FieldOptions {
  Unit unit = 50100;
}

message Unit {
  string name = 1;
  repeated double factors = 2;
}

message Ship {
  reserved 4, 8 to 10;
  reserved "owner";
  string name = 1;
  optional double length = 2 [(unit) = { name: "metre" factors: [1, 0.3048] }];
  map<string, Berth> berths = 3;
  repeated google.protobuf.Timestamp calls = 5 [deprecated = true];
  oneof flag {
    string country = 6;
    Register register = 7 [json_name = "reg"];
  }
  message Berth { sint32 depth = 1; }
  enum Register {
    option allow_alias = true;
    NONE = 0;
    FIRST = -1;
    SECOND = 2;
    ALSO_SECOND = 2;
  }
}

service Pilot {
  rpc Guide (stream Ship) returns (Ship.Berth) { option idempotency_level = IDEMPOTENT; }
}
`,
  canonical: `syntax = "proto3";
package harbour.v1;

import "google/protobuf/descriptor.proto";
import "google/protobuf/timestamp.proto";

option java_package = "com.harbour";
option optimize_for = CODE_SIZE;

message Unit {
  string name = 1;
  repeated double factors = 2;
}
message Ship {
  reserved 4, 8 to 10;
  reserved "owner";

  string name = 1;
  optional double length = 2 [(unit) = {
    name: "metre",
    factors: [
      1,
      0.3048
    ]
  }];
  map<string, Berth> berths = 3;
  repeated google.protobuf.Timestamp calls = 5 [deprecated = true];

  oneof flag {
    string country = 6;
    Register register = 7 [json_name = "reg"];
  }

  message Berth {
    sint32 depth = 1;
  }
  enum Register {
    option allow_alias = true;
    NONE = 0;
    FIRST = -1;
    SECOND = 2;
    ALSO_SECOND = 2;
  }
}

extend google.protobuf.FieldOptions {
  Unit unit = 50100;
}

service Pilot {
  rpc Guide (stream Ship) returns (Ship.Berth) {
    option idempotency_level = IDEMPOTENT;
  };
}
`,
  normalized: `syntax = "proto3";
package harbour.v1;

import "google/protobuf/descriptor.proto";
import "google/protobuf/timestamp.proto";

option java_package = "com.harbour";
option optimize_for = CODE_SIZE;

message Unit {
  string name = 1;
  repeated double factors = 2;
}
message Ship {
  reserved 4;
  reserved 8 to 10;
  reserved "owner";

  string name = 1;
  optional double length = 2 [(harbour.v1.unit) = {
    factors: [
      1,
      0.3048
    ],
    name: "metre"
  }];
  map<string, .harbour.v1.Ship.Berth> berths = 3;
  repeated .google.protobuf.Timestamp calls = 5 [deprecated = true];

  oneof flag {
    string country = 6;
    .harbour.v1.Ship.Register register = 7 [json_name = "reg"];
  }

  message Berth {
    sint32 depth = 1;
  }
  enum Register {
    option allow_alias = true;
    NONE = 0;
    FIRST = -1;
    ALSO_SECOND = 2;
    SECOND = 2;
  }
}

extend .google.protobuf.FieldOptions {
  .harbour.v1.Unit unit = 50100;
}

service Pilot {
  rpc Guide (stream .harbour.v1.Ship) returns (.harbour.v1.Ship.Berth) {
    option idempotency_level = IDEMPOTENT;
  };
}
`,
  binary:
    'CgASCmhhcmJvdXIudjEaIGdvb2dsZS9wcm90b2J1Zi9kZXNjcmlwdG9yLnByb3RvGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvIjQKBFVuaXQSEgoEbmFtZRgBIAEoCVIEbmFtZRIYCgdmYWN0b3JzGAIgAygBUgdmYWN0b3JzIvUDCgRTaGlwEhIKBG5hbWUYASABKAlSBG5hbWUSOgoGbGVuZ3RoGAIgASgBQh2iuxgZCgVtZXRyZRIQAAAAAAAA8D/9h/Tb14HTP0gBUgZsZW5ndGiIAQESNAoGYmVydGhzGAMgAygLMhwuaGFyYm91ci52MS5TaGlwLkJlcnRoc0VudHJ5UgZiZXJ0aHMSNAoFY2FsbHMYBSADKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wQgIYAVIFY2FsbHMSGgoHY291bnRyeRgGIAEoCUgAUgdjb3VudHJ5EjIKCHJlZ2lzdGVyGAcgASgOMhkuaGFyYm91ci52MS5TaGlwLlJlZ2lzdGVySABSA3JlZxpRCgtCZXJ0aHNFbnRyeRIQCgNrZXkYASABKAlSA2tleRIsCgV2YWx1ZRgCIAEoCzIWLmhhcmJvdXIudjEuU2hpcC5CZXJ0aFIFdmFsdWU6AjgBGh0KBUJlcnRoEhQKBWRlcHRoGAEgASgRUgVkZXB0aCJJCghSZWdpc3RlchIICgROT05FEAASEgoFRklSU1QQ////////////ARIKCgZTRUNPTkQQAhIPCgtBTFNPX1NFQ09ORBACGgIQAUIGCgRmbGFnQgkKB19sZW5ndGhKBAgEEAVKBAgIEAtSBW93bmVyMkEKBVBpbG90EjgKBUd1aWRlEhAuaGFyYm91ci52MS5TaGlwGhYuaGFyYm91ci52MS5TaGlwLkJlcnRoIgOQAgIoATpFCgR1bml0Eh0uZ29vZ2xlLnByb3RvYnVmLkZpZWxkT3B0aW9ucxi0hwMgASgLMhAuaGFyYm91ci52MS5Vbml0UgR1bml0Qg8KC2NvbS5oYXJib3VySAJiBnByb3RvMw==',
}

export const OLD = {
  written: `syntax = "proto2";
message Old {
  required int32 id = 1;
  optional string text = 2 [default = "a\\"b\\n"];
  optional bytes raw = 3 [default = "\\001\\377'"];
  optional Kind kind = 4 [default = SECOND];
  optional double far = 5 [default = inf];
  optional bool on = 6 [default = true];
  repeated group Part = 7 { optional int64 size = 1 [default = -9007199254740993]; }
  repeated int32 packed = 8 [packed = true];
  extensions 100 to 199, 1000 to max;
  enum Kind { FIRST = 7; SECOND = 2; reserved -5 to -1, 100 to max; }
}
extend Old { optional Old more = 100; }
`,
  canonical: `syntax = "proto2";

message Old {
  required int32 id = 1;
  optional string text = 2 [default = "a\\"b\\n"];
  optional bytes raw = 3 [default = "\\001\\377\\'"];
  optional Kind kind = 4 [default = SECOND];
  optional double far = 5 [default = inf];
  optional bool on = 6 [default = true];
  repeated int32 packed = 8 [packed = true];

  repeated group Part = 7 {
    optional int64 size = 1 [default = -9007199254740993];
  }

  extensions 100 to 199, 1000 to max;

  enum Kind {
    reserved -5 to -1, 100 to max;
    FIRST = 7;
    SECOND = 2;
  }
}

extend Old {
  optional Old more = 100;
}
`,
  normalized: `
message Old {
  required int32 id = 1;
  optional string text = 2 [default = "a\\"b\\n"];
  optional bytes raw = 3 [default = "\\001\\377\\'"];
  optional .Old.Kind kind = 4 [default = SECOND];
  optional double far = 5 [default = inf];
  optional bool on = 6 [default = true];
  repeated int32 packed = 8 [packed = true];

  repeated group Part = 7 {
    optional int64 size = 1 [default = -9007199254740993];
  }

  extensions 100 to 199;
  extensions 1000 to max;

  enum Kind {
    reserved -5 to -1;
    reserved 100 to max;
    FIRST = 7;
    SECOND = 2;
  }
}

extend .Old {
  optional .Old more = 100;
}
`,
  binary:
    'CgAi3gIKA09sZBIOCgJpZBgBIAIoBVICaWQSGAoEdGV4dBgCIAEoCToEYSJiClIEdGV4dBIcCgNyYXcYAyABKAw6ClwwMDFcMzc3XCdSA3JhdxIlCgRraW5kGAQgASgOMgkuT2xkLktpbmQ6BlNFQ09ORFIEa2luZBIVCgNmYXIYBSABKAE6A2luZlIDZmFyEhQKAm9uGAYgASgIOgR0cnVlUgJvbhIdCgRwYXJ0GAcgAygKMgkuT2xkLlBhcnRSBHBhcnQSGgoGcGFja2VkGAggAygFQgIQAVIGcGFja2VkGi0KBFBhcnQSJQoEc2l6ZRgBIAEoAzoRLTkwMDcxOTkyNTQ3NDA5OTNSBHNpemUiPwoES2luZBIJCgVGSVJTVBAHEgoKBlNFQ09ORBACIhYI+///////////ARD///////////8BIggIZBD/////ByoFCGQQyAEqCQjoBxCAgICAAjoeCgRtb3JlEgQuT2xkGGQgASgLMgQuT2xkUgRtb3Jl',
}
