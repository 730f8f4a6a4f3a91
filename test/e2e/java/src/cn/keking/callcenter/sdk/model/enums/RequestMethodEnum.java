package cn.keking.callcenter.sdk.model.enums;

public enum RequestMethodEnum {
    GET, POST
}
