package cn.keking.callcenter.sdk.service;

import cn.keking.callcenter.sdk.model.CallBackTask;

/** kkbida's interface, declared anew: its name and the names in it are what goes over the wire. */
public interface CallBackService {
    /** A default method of kkbida's, whose checks run at the provider all the same. */
    default String call(CallBackTask task) {
        return doCall(task);
    }

    String doCall(CallBackTask task);
}
