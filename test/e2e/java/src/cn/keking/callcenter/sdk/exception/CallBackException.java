package cn.keking.callcenter.sdk.exception;

public class CallBackException extends RuntimeException {
    public CallBackException() {
    }

    public CallBackException(String message) {
        super(message);
    }
}
